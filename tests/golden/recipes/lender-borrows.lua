local a = source { media = "@media/win11.iso", image = 1 }
local b = source { media = "@media/newer.iso", image = 1, boot_files = a }
return wim { name = "x", from = source { media = "@media/win11.iso", image = 1, boot_files = b } }
