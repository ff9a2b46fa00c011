-- arguments: -D as_of=2026-11-22
-- The same, of what only the word itself can judge.
local windows = source { media = "@media/win11.iso", image = "pe" }
local function image(name, definitions)
  return wim { name = name, from = windows, defender = definitions }
end
return {
  image("a", defender { "@media/mpam.exe" }),
  image("b", defender { "@media/win11.iso", max_age = "0d" }),
  image("c", defender { "@media/win11.iso", max_age = "3651d" }),
  image("d", defender { "@media/win11.iso", max_age = "2 weeks" }),
  image("e", defender { "@media/win11.iso", max_age = "OFF" }),
  image("f", defender { "@media/win11.iso", to = "../Scan" }),
  image("g", defender { "@media/win11.iso", to = "Scan/con" }),
  image("h", defender { "@media/win11.iso", anchors = "fleet/roots.pem" }),
  image("i", defender { { arm64 = "@media/arm64.iso" } }),
  image("j", defender { "@media/win11.iso", max_age = "99999999999d" }),
}
