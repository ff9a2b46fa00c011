@echo off
rem SFC Scan: compares the system files of the chosen Windows with its own store and replaces
rem damaged ones. Where Windows starts from another partition, sfc takes that Windows' drive as
rem its boot folder, which is what it needs for files of Windows.
setlocal EnableExtensions DisableDelayedExpansion
set "WINDOWS=%~1"
title SFC Scan
if not exist "%WINDOWS%\System32\" goto no_windows
echo Checking %WINDOWS%; this takes a quarter of an hour and more.
sfc.exe /scannow /offbootdir=%~d1\ "/offwindir=%WINDOWS%"
set "CODE=%ERRORLEVEL%"
echo.
echo Files that sfc could not replace: its store is damaged too. Then repair Windows with
echo DISM /RestoreHealth and a medium of the same version, or set it back by System Restore.
pause
exit /b %CODE%

:no_windows
echo No Windows is chosen, or it is not there any more: choose one in the menu.
pause
exit /b 1
