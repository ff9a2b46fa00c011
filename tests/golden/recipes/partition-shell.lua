local windows = source { media = "@media/win11.iso", image = "winre" }
-- A program of one's own in charge: Windows would hand it the unlocked drive.
local boot = wim { name = "launcher-first", from = windows, winpeshl = { "%SYSTEMDRIVE%\\Tools\\menu.exe" } }
return partition { boot = boot }
