-- arguments: other-a.lua
return wim { name = "helpdesk", from = source { media = "@media/win11.iso", image = "winre" } }
