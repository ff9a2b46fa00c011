-- arguments: -D as_of=2026-11-21
local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local fix = extend(look, { id = "fix", title = "Fix", risk = "high", files = { "tools" },
  group = "Repair", needs = { "windows" } })
local agent = tool { id = "agent", title = "Agent", description = "Lets the help desk in.", risk = "high",
  files = { overlay { "tools/tools.txt", to = "Tools/agent" } }, command = [[X:\Tools\agent\tools.txt {ticket} {port}]] }
local l1 = tier { name = "L1", allow = { look }, forbid = { "Windows/regedit.exe", { "setup.exe" } },
  expires = "30d", expired = "read_only", grace_days = 2, contact = "Help desk, 1234", network = true,
  remote = { agent = agent, port = 3388, message = "Wait for the call.\nThen press Allow." } }
local l2 = tier { name = "L2", allow = { look, fix }, expires = "2027-01-31", language = "de" }
return {
  wds { boot = wim { name = "l1", from = windows, tier = extend(l1, { remote = { agent = extend(agent, { risk = "low" }) } }) } },
  iso { boot = wim { name = "l2", from = windows, tier = l2, keyboards = { "de-DE", "en-US" } } },
  partition { boot = wim { name = "l2-disk", from = windows, tier = extend(l2, { shell = "winre" }) } },
}
