local site = param { "site", default = "berlin" }
return iso {
  boot = wim {
    name = "rescue",
    title = "Rescue for " .. site,
    from = source { media = "@media/windows.iso", image = "pe" },
    overlays = { "hello" },
  },
}
