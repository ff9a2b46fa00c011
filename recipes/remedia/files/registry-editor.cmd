@echo off
rem Registry Editor: loads SYSTEM, SOFTWARE and DEFAULT of the chosen Windows beside those of this
rem recovery image, starts regedit, and unloads them when it is closed. A hive that is still in use
rem is not unloaded; its changes are written when the PC restarts by the menu.
setlocal EnableExtensions DisableDelayedExpansion
set "CONFIG=%~1\System32\config"
title Registry Editor
if not exist "%CONFIG%\SYSTEM" goto no_windows
for %%H in (SYSTEM SOFTWARE DEFAULT) do reg.exe load "HKLM\PC_%%H" "%CONFIG%\%%H"
echo.
echo The registry of %~1 is below HKEY_LOCAL_MACHINE: PC_SYSTEM, PC_SOFTWARE, PC_DEFAULT.
echo Everything else there belongs to this recovery image. There is no CurrentControlSet:
echo PC_SYSTEM\Select says which ControlSet Windows uses.
echo Close Registry Editor when you are done; this window waits.
start "" /wait regedit.exe

:unload
set "LEFT="
for %%H in (SYSTEM SOFTWARE DEFAULT) do call :unload_one %%H
if not defined LEFT exit /b 0
echo.
echo Still loaded:%LEFT%. Close Registry Editor.
set "ANSWER="
set /p "ANSWER=Y and Enter to try again, or Enter to leave it so: "
setlocal EnableDelayedExpansion
if /i not "!ANSWER!"=="Y" exit /b 1
endlocal
goto unload

:unload_one
reg.exe query "HKLM\PC_%1" >nul 2>&1
if errorlevel 1 exit /b 0
reg.exe unload "HKLM\PC_%1"
if errorlevel 1 set "LEFT=%LEFT% %1"
exit /b 0

:no_windows
echo No Windows is chosen, or its registry is not there: choose one in the menu.
pause
exit /b 1
