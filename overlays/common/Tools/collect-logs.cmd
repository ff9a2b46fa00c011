@echo off
rem Collects the logs of an offline Windows into a folder: collect-logs C: D:\logs
setlocal
set "windows=%~1"
set "target=%~2"
if not exist "%windows%\Windows\System32\config\SYSTEM" goto usage
if "%target%"=="" goto usage
if not exist "%target%\" mkdir "%target%" || exit /b 1
xcopy /e /i /y /c /q "%windows%\Windows\System32\winevt\Logs" "%target%\winevt"
xcopy /e /i /y /c /q "%windows%\Windows\Logs\CBS" "%target%\CBS"
xcopy /e /i /y /c /q "%windows%\Windows\Minidump" "%target%\Minidump"
if exist "%windows%\Windows\Panther\setupact.log" copy /y "%windows%\Windows\Panther\setupact.log" "%target%"
exit /b 0
:usage
echo usage: collect-logs DRIVE: FOLDER   (DRIVE: holds the offline Windows)
exit /b 1
