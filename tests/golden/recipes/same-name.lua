-- Two different images, one name.
local windows = source { media = "@media/win11.iso", image = "winre" }
local a = wim { name = "helpdesk", from = windows }
local b = wim { name = "helpdesk", from = windows, overlays = { "common" } }
return { iso { name = "one", boot = a }, iso { name = "two", boot = b } }
