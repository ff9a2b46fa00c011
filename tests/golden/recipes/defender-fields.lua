-- arguments: -D as_of=2026-11-22
-- What is wrong with definitions before anybody looks into them: the values of fields.
local windows = source { media = "@media/win11.iso", image = "pe" }
local function image(name, definitions)
  return wim { name = name, from = windows, defender = definitions }
end
return {
  image("a", defender {}),
  image("b", defender { "@media/win11.iso", max_age = 14 }),
  image("c", defender { "@media/win11.iso", place = "stick" }),
  image("d", defender { "@media/win11.iso", pin = "name" }),
  image("e", defender { "@media/win11.iso", unpack = "yes" }),
  image("f", defender { "@media/win11.iso", maxage = "14d" }),
  image("g", { defender { "@media/win11.iso" }, defender { "@media/win11.iso" } }),
}
