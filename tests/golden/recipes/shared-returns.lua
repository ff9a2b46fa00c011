local l = { wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } } }
for i = 1, 30 do l = { l, l } end
return l
