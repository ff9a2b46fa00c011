-- arguments: -D root.meda=/srv/new
return wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } }
