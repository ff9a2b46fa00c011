-- arguments: -D as_of=2026-02-30
return {}
