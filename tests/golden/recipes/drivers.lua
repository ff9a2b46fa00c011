-- arguments: -D as_of=2026-11-22
-- Driver packages: every field, a name alone, folders shared by values and images, two architectures.
local net = drivers {
  "net", { amd64 = "storage", arm64 = "./drivers.lua" },
  exclude = { "old.inf", "legacy/**" }, only_class = "Net",
  required = { data "fleet/device-ids.json", "PCI\\VEN_8086&DEV_15FB" },
  allow_unsigned = "lab.inf", anchors = "fleet/root.pem", max_size = "300MiB",
}
local storage = drivers { "storage", "net", boot_start = true }
local function image(name, arch, list)
  return wim {
    name = name, drivers = list,
    from = source { media = "@media/win11.iso", image = "pe", arch = arch },
  }
end
return {
  image("one", "amd64", { net, storage }),
  image("two", "amd64", { net, { storage } }),     -- the same choice
  image("name", "amd64", "storage"),
  image("arm", "arm64", net),
  image("none", "amd64", {}),
}
