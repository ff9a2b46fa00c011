@echo off
rem Boot Repair: bootrec, a program of Windows RE, one step at a time.
setlocal EnableExtensions DisableDelayedExpansion
title Boot Repair
setlocal EnableDelayedExpansion

:ask
echo.
echo   1  look for installations of Windows; changes nothing
echo   2  look for them and add those that are missing to the boot menu
echo   3  write the boot code of the disk anew (BIOS only)
echo   4  write the boot sector of the system partition anew (BIOS only)
echo.
set "ANSWER="
set /p "ANSWER=Number, or Enter to end: "
if not defined ANSWER exit /b 0
set "STEP="
if "!ANSWER!"=="1" set "STEP=/scanos"
if "!ANSWER!"=="2" set "STEP=/rebuildbcd"
if "!ANSWER!"=="3" set "STEP=/fixmbr"
if "!ANSWER!"=="4" set "STEP=/fixboot"
if not defined STEP echo That is not a number of the list.
if not defined STEP goto ask
bootrec.exe !STEP!
if errorlevel 1 echo bootrec failed; what it says stands above.
goto ask
