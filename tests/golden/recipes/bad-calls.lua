local a = overlay { "common", "tools" }
local b = source "media/win11.iso"
local c = wim { "helpdesk" }
local d = iso(5)
return { d }
