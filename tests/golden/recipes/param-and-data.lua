-- arguments: -D site=oslo
local site = param { "site", default = "berlin", values = (data "@fleet/sites.json").sites }
local limits = data("fleet/sites.json").limits
local names = {}
for _, name in ipairs(data "@fleet/overlays.txt") do names[#names + 1] = name end
local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "pc-" .. site, from = windows, overlays = names }
return iso { boot = boot, timeout = limits.timeout }
