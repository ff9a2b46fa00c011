@echo off
rem Computer Management: drivers that were added to the chosen Windows, and how its services and
rem drivers start. A driver that Crash Analyzer names can be switched off here.
setlocal EnableExtensions DisableDelayedExpansion
set "DRIVE=%~d1"
set "HIVE=%~1\System32\config\SYSTEM"
set "LIST=%~dp0computer-management.txt"
title Computer Management
if not exist "%HIVE%" goto no_windows
setlocal EnableDelayedExpansion

:ask
echo.
echo   1  list drivers that are not Microsoft's
echo   2  show how a service or driver starts, and change it
echo.
set "ANSWER="
set /p "ANSWER=Number, or Enter to end: "
if not defined ANSWER exit /b 0
if "!ANSWER!"=="1" goto drivers
if "!ANSWER!"=="2" goto service
goto ask

:drivers
dism.exe /English /Image:!DRIVE!\ /Get-Drivers /Format:Table >"%LIST%" 2>&1
"%SYSTEMROOT%\System32\more.com" <"%LIST%"
del "%LIST%"
goto ask

:service
set "NAME="
set /p "NAME=Name of the service or driver, such as spooler: "
if not defined NAME goto ask
reg.exe load HKLM\PC_SYSTEM "!HIVE!"
if errorlevel 1 goto ask
call :change
reg.exe unload HKLM\PC_SYSTEM
goto ask

:change
set "SET="
for /f "tokens=3" %%V in ('reg.exe query HKLM\PC_SYSTEM\Select /v Current') do set /a SET=%%V
if not defined SET echo The registry does not say which ControlSet Windows uses.
if not defined SET exit /b 1
set "KEY=HKLM\PC_SYSTEM\ControlSet00!SET!\Services\!NAME!"
reg.exe query "!KEY!" /v Start
if errorlevel 1 exit /b 1
reg.exe query "!KEY!" /v ImagePath
echo 0 boot, 1 system, 2 automatic, 3 on demand, 4 off. Note the present value before a change.
set "START="
set /p "START=New value, or Enter to leave it: "
set "VALUE="
for %%V in (0 1 2 3 4) do if "!START!"=="%%V" set "VALUE=%%V"
if not defined VALUE echo Nothing was changed.
if not defined VALUE exit /b 0
reg.exe add "!KEY!" /v Start /t REG_DWORD /d !VALUE! /f
exit /b 0

:no_windows
echo No Windows is chosen, or its registry is not there: choose one in the menu.
pause
exit /b 1
