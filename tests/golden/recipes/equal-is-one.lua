-- The same descriptions, constructed again and again, are the same edges.
local function windows() return source { media = "@media/win11.iso", image = "winre" } end
local function boot(name)
  return wim { name = name, from = windows(), overlays = { overlay { "common" }, "tools" } }
end
return { iso { boot = boot "a" }, iso { boot = boot "b" }, iso { boot = boot "b" } }
