@echo off
rem Event Logs: the newest errors of the chosen Windows, from its System or its Application log.
setlocal EnableExtensions DisableDelayedExpansion
set "LOGS=%~1\System32\winevt\Logs"
set "LIST=%~dp0event-logs.txt"
title Event Logs
if not exist "%LOGS%\" goto no_windows
setlocal EnableDelayedExpansion

:ask
echo.
set "ANSWER="
set /p "ANSWER=1 for the System log, 2 for the Application log, or Enter to end: "
if not defined ANSWER exit /b 0
set "NAME="
if "!ANSWER!"=="1" set "NAME=System"
if "!ANSWER!"=="2" set "NAME=Application"
if not defined NAME goto ask
wevtutil.exe query-events "!LOGS!\!NAME!.evtx" /logfile:true /count:50 /reversedirection:true /format:text "/query:*[System[(Level=1 or Level=2)]]" >"%LIST%" 2>&1
"%SYSTEMROOT%\System32\more.com" <"%LIST%"
del "%LIST%"
goto ask

:no_windows
echo No Windows is chosen, or it has no event logs: choose one in the menu.
pause
exit /b 1
