local x = wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } }
return { nil, x }
