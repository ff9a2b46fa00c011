local windows = source { media = "@media/win11.iso", image = "winre" }
local a = wim { name = "helpdesk", from = windows }
return { iso { boot = a }, iso { boot = a, label = "OTHER" } }
