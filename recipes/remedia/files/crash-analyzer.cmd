@echo off
rem Crash Analyzer: lets the kernel debugger examine the newest memory dump of the chosen Windows.
setlocal EnableExtensions DisableDelayedExpansion
set "WINDOWS=%~1"
set "DUMP="
set "LIST=%~dp0crash-analyzer.txt"
title Crash Analyzer
if not exist "%WINDOWS%\" goto no_windows
if exist "%WINDOWS%\MEMORY.DMP" set "DUMP=%WINDOWS%\MEMORY.DMP"
if defined DUMP goto found
for /f "delims=" %%D in ('dir /b /o-d /a-d "%WINDOWS%\Minidump\*.dmp" 2^>nul') do if not defined DUMP set "DUMP=%WINDOWS%\Minidump\%%D"
if not defined DUMP goto none

:found
echo Examining %DUMP%
"%SYSTEMDRIVE%\Debuggers\kd.exe" -z "%DUMP%" -y "%SYSTEMDRIVE%\Symbols" -c "!analyze -v; q" >"%LIST%" 2>&1
set "CODE=%ERRORLEVEL%"
"%SYSTEMROOT%\System32\more.com" <"%LIST%"
echo.
echo MODULE_NAME and IMAGE_NAME above name the driver, if symbols of this Windows were found.
pause
exit /b %CODE%

:none
echo %WINDOWS% has no memory dump: neither MEMORY.DMP nor anything in Minidump.
pause
exit /b 0

:no_windows
echo No Windows is chosen, or it is not there any more: choose one in the menu.
pause
exit /b 1
