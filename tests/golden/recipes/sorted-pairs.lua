-- Lua's own order differs in every process.
local levels = { l3 = "tools", l1 = "common", l2 = "de", [1] = "common" }
local windows = source { media = "@media/win11.iso", image = "winre" }
local images = {}
for name, folder in pairs(levels) do
  images[#images + 1] = wim { name = "image-" .. name, from = windows, overlays = folder }
end
return iso { name = "all", boot = images }
