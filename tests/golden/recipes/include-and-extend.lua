local branding = include "recipes/lib/branding"
local again = include "./lib/branding.lua"
assert(branding == again, "an included file is evaluated once")
local windows = source { media = "@media/win11.iso", image = "pe" }
local base = wim { name = "base", from = windows, overlays = branding.overlays }
local level = extend(branding, { level = 30 }).level
local big = extend(base, { name = "big", compression_level = level })
local settings = extend(branding.labelled "big", { boot = big })
assert(#big.overlays == 2 and big.name == "big" and base.name == "base")
return iso(settings)
