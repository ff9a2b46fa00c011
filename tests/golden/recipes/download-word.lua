local brought = download { "@media/win12.iso", url = "https://downloads.example/win12.iso" }
return wim { name = "x", from = brought }
