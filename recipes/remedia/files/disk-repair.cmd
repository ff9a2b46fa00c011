@echo off
rem Repair Disk: examines the file system of the chosen Windows, then repairs it if asked to.
setlocal EnableExtensions DisableDelayedExpansion
set "DRIVE=%~d1"
title Repair Disk
if not exist "%~1\" goto no_windows
chkdsk.exe %DRIVE%
echo.
echo A disk that is about to fail may not survive a repair: copy files that matter first.
set "ANSWER="
set /p "ANSWER=Type  REPAIR  to repair the file system of %DRIVE%, or Enter to end: "
setlocal EnableDelayedExpansion
if not "!ANSWER!"=="REPAIR" goto nothing
chkdsk.exe !DRIVE! /f
set "CODE=!ERRORLEVEL!"
pause
rem 1: errors were found and repaired.
if "!CODE!"=="1" exit /b 0
exit /b !CODE!

:nothing
echo Nothing was changed.
pause
exit /b 0

:no_windows
echo No Windows is chosen, or it is not there any more: choose one in the menu.
pause
exit /b 1
