-- Equal images, constructed again: one edge, one product.
local function boot() return wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } } end
return { boot(), boot(), iso { boot = boot() }, iso { boot = boot() } }
