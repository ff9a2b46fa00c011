-- arguments: -D as_of=2026-11-22
-- Definitions: every field, a name alone, values that images share, two architectures.
local both = defender {
  { amd64 = "@media/win11.iso", arm64 = "@media/arm64.iso" }, "./defender.lua",
  max_age = "30d", to = "Scan", unpack = true, allow_unsigned = true,
  anchors = "fleet/root.pem", pin = "digest",
}
local function image(name, arch, definitions)
  return wim {
    name = name, defender = definitions,
    from = source { media = "@media/win11.iso", image = "pe", arch = arch },
  }
end
return {
  image("one", "amd64", both),
  image("two", "amd64", both),
  image("arm", "arm64", both),
  image("name", "amd64", "@media/win11.iso"),
  image("table", "amd64", defender { "@media/win11.iso" }),  -- the same
  image("old", "amd64", defender { "@media/win11.iso", max_age = "off" }),
}
