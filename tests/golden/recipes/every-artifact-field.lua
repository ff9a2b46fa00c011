-- Every field of the artifacts that everything.lua leaves out.
local windows = source { media = "@media/win11.iso", image = "winre" }
local first = wim {
  name = "first", title = "First", from = windows, overlays = { "common" },
  shell = "winre", winre_tool = "diag/diag.exe", winre_tool_parameters = "/x & \"y\"",
}
local second = wim { name = "second", title = "Second", from = windows }
local menu = { boot = { first, second }, default = "second", timeout = 7, locale = "fr-FR", ems = true,
               advancedoptions = true, optionsedit = true }
return {
  usb(extend(menu, {
    name = "stick", firmware = { "uefi" }, label = "STICK", layout = "gpt", sector_size = 4096, size = "8GB",
    data = { "common", overlay { path = "tools", to = "Tools" } }, data_filesystem = "ntfs",
    data_label = "LOGS", data_size = "1.5GiB",
  })),
  wds(extend(menu, {
    name = "net", firmware = { "uefi", "bios" }, anonymous = true, tftp_block_size = 1380,
    tftp_window_size = 8, fonts = { "jpn_boot.ttf" }, leave_out = { "boot.stl" }, interface = "eth1",
    network = "192.0.2.0", tftp_root = "/srv/remedia",
  })),
  partition { boot = first, name = "part", label = "WinRE tools", size = "2GiB", sector_size = 4096 },
  partition { boot = second, i_accept_that_this_bypasses_bitlocker = true },
}
