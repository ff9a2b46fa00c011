-- arguments: -D siet=oslo
local site = param { "site", default = "berlin" }
return wim { name = site, from = source { media = "@media/win11.iso", image = 1 } }
