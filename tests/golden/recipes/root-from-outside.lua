-- arguments: -D root.media=/nowhere/at/all
return wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } }
