local windows = source { media = "@media/win11.iso", image = "winre" }
local spare = wim { name = "spare", from = windows }
local unused = overlay "tools"
return iso { boot = wim { name = "helpdesk", from = windows } }
