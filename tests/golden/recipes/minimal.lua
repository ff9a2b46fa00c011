local windows = source { media = "@media/win11.iso", image = "winre" }
return iso { boot = wim { name = "helpdesk", from = windows } }
