local a = source { media = "@media/win11.iso", image = 0 }
local b = source { media = "@media/win11.iso", image = 1.5 }
local c = source { media = "@media/win11.iso", image = "" }
return {}
