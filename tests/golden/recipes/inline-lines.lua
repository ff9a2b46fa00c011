local text = "one \z
              two"
local windows = source { media = "@media/win11.iso", image = "pe" }
return wim { name = "x", from = windows, tier = tier { name = text, language = (function(all)
  for _, one in ipairs(all) do if one then return one end end
end)({}), contact = 5, allow = { tool { id = "A b", title = "", description = "", risk = "" } } } }
