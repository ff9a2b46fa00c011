@echo off
rem Crash Analyzer: lets a debugger examine a memory dump of the chosen Windows, keeps what it says,
rem and names the driver that it suspects.
rem Whatever lies on the PC's disks may be a trap. So the debugger is that of this image and runs in
rem its own folder, since it obeys an ntsd.ini in the current one; it is told of no programs on the
rem disk (-i), as it loads libraries from among them; symbols of another drive are taken only if a
rem person says whose it is; and its own prompt has no input and no shell.
rem Paths are expanded in quotation marks only, which no path has; words from the log by !...! only.
setlocal EnableExtensions DisableDelayedExpansion
set "WINDOWS=%~1"
set "TARGET=%~d1"
set "KIT=%SYSTEMDRIVE%\Debuggers"
set "SYMBOLS=%SYSTEMDRIVE%\Symbols"
set "LOGS=%SYSTEMDRIVE%\Remedia\Logs"
title Crash Analyzer
if not defined WINDOWS goto no_windows
if not exist "%WINDOWS%\" goto no_windows
set "DEBUGGER="
if exist "%KIT%\kd.exe" set "DEBUGGER=%KIT%\kd.exe"
if exist "%KIT%\cdb.exe" set "DEBUGGER=%KIT%\cdb.exe"
if not defined DEBUGGER goto no_debugger
rem What is in these would lead to a network, or to files that nobody chose.
for %%V in (_NT_SYMBOL_PATH _NT_ALT_SYMBOL_PATH _NT_SYMBOL_PROXY _NT_SYMCACHE_PATH) do set "%%V="
for %%V in (_NT_EXECUTABLE_IMAGE_PATH _NT_SOURCE_PATH _NT_DEBUGGER_EXTENSION_PATH) do set "%%V="
for %%V in (_NT_DEBUG_LOG_FILE_OPEN _NT_DEBUG_LOG_FILE_APPEND DBGHELP_HOMEDIR INIT) do set "%%V="

rem MEMORY.DMP comes first: it says most, and is of the last crash unless Windows was told since to
rem write small dumps only. The dates are shown; cmd cannot compare them.
echo.
echo Memory dumps of "%WINDOWS%", small ones by date:
set "CHOSEN=0"
call :dumps
if %COUNT%==0 goto none
set "LAST=%COUNT%"
if %COUNT% gtr 9 set "LAST=9"
if %COUNT% gtr 9 echo There are %COUNT%; the older ones are not listed.

:ask
set "CHOSEN=1"
if %LAST%==1 goto chosen
set "ANSWER="
set /p "ANSWER=Number of the dump to examine, or Enter for 1: "
if not defined ANSWER goto chosen
set "CHOSEN=0"
for /l %%N in (1,1,%LAST%) do call :choose %%N
if not %CHOSEN%==0 goto chosen
echo That is not a number of the list.
goto ask

:chosen
set "DUMP="
call :dumps
if not defined DUMP goto none
for %%F in ("%DUMP%") do set "LOG=%LOGS%\crash-%%~nxF.txt"
set "GUESS="
if exist "%SYMBOLS%\pingme.txt" goto examine
set "STORE="
for %%L in (C D E F G H I J K L M N O P Q R S T U V W X Y Z) do call :look %%L
if defined STORE set "SYMBOLS=%STORE%"
if defined STORE goto examine
set "GUESS=1"
echo.
echo There are no symbols: %SYMBOLS% has none, and no other drive was taken.
echo The analysis goes on without them; what it names is then a guess.

:examine
echo.
echo Examining "%DUMP%"
echo This takes minutes.
if not exist "%LOGS%\" mkdir "%LOGS%"
cd /d "%KIT%"
"%DEBUGGER%" -noshell -sins -z "%DUMP%" -y "%SYMBOLS%" -c "!analyze -v; q" <nul >"%LOG%" 2>&1
set "CODE=%ERRORLEVEL%"
set "MODULE="
set "IMAGE="
set "STOP="
set "CAUSE="
for /f "usebackq tokens=1,2" %%A in ("%LOG%") do if "%%A"=="MODULE_NAME:" set "MODULE=%%B"
for /f "usebackq tokens=1,2" %%A in ("%LOG%") do if "%%A"=="IMAGE_NAME:" set "IMAGE=%%B"
for /f "usebackq tokens=1,2" %%A in ("%LOG%") do if "%%A"=="BUGCHECK_STR:" set "STOP=%%B"
for /f "usebackq tokens=1,2" %%A in ("%LOG%") do if "%%A"=="BUGCHECK_CODE:" set "STOP=%%B"
for /f "usebackq tokens=1-3,5" %%A in ("%LOG%") do if "%%A %%B %%C"=="Probably caused by" set "CAUSE=%%D"
setlocal EnableDelayedExpansion
if not defined IMAGE if defined CAUSE set "IMAGE=!CAUSE!"
if not defined IMAGE if defined MODULE set "IMAGE=!MODULE!"
set "RESULT=0"
set "WHO=driver"
for %%M in (nt ntkrnlmp ntoskrnl hal win32k win32kbase win32kfull) do if /i "!MODULE!"=="%%M" set "WHO=windows"
for %%M in (Unknown_Module Unknown_Image memory_corruption hardware) do if /i "!MODULE!"=="%%M" set "WHO=nobody"
if not defined IMAGE set "WHO=nothing"
if defined IMAGE goto report
set "RESULT=!CODE!"
if "!CODE!"=="0" set "RESULT=1"

:report
echo.
if defined STOP echo Windows stopped with the code !STOP!.
goto report_%WHO%

:report_driver
echo The driver that is probably to blame: !IMAGE!
echo Look up whose it is and get a newer one. To start Windows without it, take the tool
echo Computer Management: number 2; as the name that of the file without .sys; value 4. Leave
echo drivers of the disk on. If other dumps name other drivers, suspect the memory or the disk.
goto where

:report_windows
echo No driver was caught: it stopped in Windows itself, !IMAGE!
echo Mostly another driver did the damage before, or the memory or the disk is bad. Examine the
echo other dumps too; then Check Disk, SFC Scan, and a test of the memory. If it began with an
echo update or a new driver: Hotfix Uninstall, or Computer Management.
goto where

:report_nobody
echo It names no driver: !IMAGE!
echo That is what bad memory, a bad processor or overheating look like, or a dump that is damaged,
echo or symbols of another Windows. Examine the other dumps, and test the memory.
goto where

:report_nothing
echo The debugger did not get to a result, code !CODE!. The dump may be incomplete or damaged:
echo examine another one.

:where
if defined GUESS echo There were no symbols, so this is a guess.
echo.
echo All that the debugger said: !LOG!
echo Save it to a stick if you need it: %SYSTEMDRIVE% is gone after a restart.
set "ANSWER="
set /p "ANSWER=L and Enter to read it here, or Enter to end: "
if /i "!ANSWER!"=="L" goto show
exit /b !RESULT!

:show
"%SYSTEMROOT%\System32\more.com" <"!LOG!"
goto report

:dumps
rem Lists them and counts them; or finds the chosen one again.
set "COUNT=0"
set "FOUND=%WINDOWS%\MEMORY.DMP"
if exist "%FOUND%" call :dump
for /f "delims=" %%D in ('dir /b /o-d /a-d "%%WINDOWS%%\Minidump\*.dmp" 2^>nul') do (
  set "FOUND=%WINDOWS%\Minidump\%%D"
  call :dump
)
exit /b 0

:dump
rem Without arguments, which call would read once more.
set /a COUNT+=1
if %COUNT%==%CHOSEN% set "DUMP=%FOUND%"
if not %CHOSEN%==0 exit /b 0
if %COUNT% gtr 9 exit /b 0
for %%F in ("%FOUND%") do echo   %COUNT%  %%~tF  %%~zF bytes  %%~nxF
exit /b 0

:choose
setlocal EnableDelayedExpansion
if "!ANSWER!"=="%1" goto chosen_one
exit /b 0

:chosen_one
endlocal
set "CHOSEN=%1"
exit /b 0

:look
if defined STORE exit /b 0
if /i "%1:"=="%TARGET%" exit /b 0
if /i "%1:"=="%SYSTEMDRIVE%" exit /b 0
if not exist "%1:\Symbols\pingme.txt" exit /b 0
echo.
echo There are symbols in %1:\Symbols. Take them only if %1: is a stick or a disk that you brought;
echo on a disk of this PC anybody may have left them, also wrong ones.
set "ANSWER="
set /p "ANSWER=Y and Enter to take them: "
setlocal EnableDelayedExpansion
if /i "!ANSWER!"=="Y" goto take
exit /b 0

:take
endlocal
set "STORE=%1:\Symbols"
exit /b 0

:none
echo There is none: neither MEMORY.DMP nor anything in Minidump.
pause
exit /b 0

:no_debugger
echo This image has no debuggers: neither %KIT%\cdb.exe nor kd.exe.
if not exist "%SYMBOLS%\pingme.txt" echo It has no symbols either: there is no %SYMBOLS%\pingme.txt.
pause
exit /b 1

:no_windows
echo No Windows is chosen, or it is not there any more: choose one in the menu.
pause
exit /b 1
