@echo off
rem Disk Wipe: overwrites all of one disk with zeros, once (diskpart, clean all).
rem The disk is one whose number is typed and whose name and size were shown then; there is no
rem default, and the command line cannot name one.
setlocal EnableExtensions DisableDelayedExpansion
set "WORK=%~dp0disk-wipe.txt"
title Disk Wipe
call :diskpart "list disk"
if errorlevel 1 goto failed
echo.
set "NUMBER="
set /p "NUMBER=Number of the disk to wipe, or Enter for none: "
setlocal EnableDelayedExpansion
if not defined NUMBER goto nothing
set "DISK="
for /l %%N in (0,1,63) do if "!NUMBER!"=="%%N" set "DISK=%%N"
if not defined DISK goto no_number
call :diskpart "select disk !DISK!" "detail disk"
if errorlevel 1 goto no_disk
echo.
echo Disk !DISK!, as shown above, loses everything: all partitions, all files.
echo Nothing brings it back. Sectors that an SSD has set aside may keep old data.
echo It takes hours; closing this window stops it half done.
echo.
set "ANSWER="
set /p "ANSWER=Type  WIPE !DISK!  to go on: "
if not "!ANSWER!"=="WIPE !DISK!" goto nothing
call :diskpart "select disk !DISK!" "clean all"
if errorlevel 1 goto failed
echo.
echo Disk !DISK! is overwritten.
pause
exit /b 0

:no_number
echo That is not the number of a disk: 0 to 63, digits only.
goto nothing

:no_disk
echo There is no disk !DISK!, or it cannot be read.

:nothing
echo Nothing was changed.
pause
exit /b 0

:failed
echo DiskPart failed; what it says stands above.
pause
exit /b 1

:diskpart
rem Each argument is a line of a script.
type nul >"%WORK%"
:line
>>"%WORK%" echo %~1
shift
if not "%~1"=="" goto line
diskpart.exe /s "%WORK%"
set "CODE=%ERRORLEVEL%"
del "%WORK%"
exit /b %CODE%
