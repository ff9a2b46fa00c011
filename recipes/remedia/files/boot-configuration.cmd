@echo off
rem Boot Configuration: lists all entries of the PC's boot menu; changes nothing.
setlocal EnableExtensions DisableDelayedExpansion
set "LIST=%~dp0boot-configuration.txt"
title Boot Configuration
bcdedit.exe /enum all >"%LIST%" 2>&1
set "CODE=%ERRORLEVEL%"
"%SYSTEMROOT%\System32\more.com" <"%LIST%"
del "%LIST%"
pause
exit /b %CODE%
