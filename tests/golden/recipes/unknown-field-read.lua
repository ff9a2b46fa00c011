local windows = source { media = "@media/win11.iso", image = 1 }
return wim { name = windows.nam, from = windows }
