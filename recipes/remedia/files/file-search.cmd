@echo off
rem File Search: lists files of the chosen Windows' drive whose names hold a text.
setlocal EnableExtensions DisableDelayedExpansion
set "DRIVE=%~d1"
set "LIST=%~dp0file-search.txt"
title File Search
if not exist "%~1\" goto no_windows
setlocal EnableDelayedExpansion

:ask
echo.
set "NAME="
set /p "NAME=Part of a file's name on !DRIVE! (* and ? may be used), or Enter to end: "
if not defined NAME exit /b 0
echo Searching; this may take minutes. Ctrl+C stops it.
dir /s /b /a-d "!DRIVE!\*!NAME!*" >"%LIST%" 2>nul
if errorlevel 1 goto none
"%SYSTEMROOT%\System32\more.com" <"%LIST%"
del "%LIST%"
goto ask

:none
del "%LIST%" 2>nul
echo No file on !DRIVE! has such a name.
goto ask

:no_windows
echo No Windows is chosen, or it is not there any more: choose one in the menu.
pause
exit /b 1
