@echo off
rem Solution Wizard: asks what is wrong and names the tool for it. It starts and changes nothing.
rem A tool that it names and the menu lacks is one that this support level does not have.
setlocal EnableExtensions DisableDelayedExpansion
title Solution Wizard
setlocal EnableDelayedExpansion

:ask
echo.
echo What is wrong?
echo   1  Windows does not start at all, or says that no system was found
echo   2  Windows restarts again and again, or stops with a blue screen
echo   3  it began with an update, a driver or a program
echo   4  files are missing, damaged or to be saved
echo   5  nobody can log on
echo   6  the network does not work, here or in Windows
echo   7  there may be malware
echo   8  the PC is to be given away
echo.
set "ANSWER="
set /p "ANSWER=Number, or Enter to end: "
if not defined ANSWER exit /b 0
echo.
for /l %%N in (1,1,8) do if "!ANSWER!"=="%%N" goto answer_%%N
echo That is not a number of the list.
goto ask

:answer_1
echo Startup Repair first. Then Boot Configuration shows what the PC would start, and Boot Repair
echo adds a Windows that is missing there. Check Disk tells whether the disk can be read.
goto ask

:answer_2
echo Event Logs and Crash Analyzer tell what failed. If they name a driver, Computer Management
echo switches it off. For damaged files: Repair Disk, then SFC Scan.
goto ask

:answer_3
echo System Restore goes back to a day before it. Hotfix Uninstall removes a single update, or
echo takes back one that is half installed.
goto ask

:answer_4
echo Check Disk first; do not repair a failing disk before files are saved. File Search finds
echo files, Explorer copies them, File Restore brings back deleted ones.
goto ask

:answer_5
echo Locksmith sets the password of a local account. It does nothing for accounts of a domain or
echo of Microsoft: those are reset where they are kept.
goto ask

:answer_6
echo TCP/IP Config sets addresses for this recovery image. For Windows itself: Event Logs, then
echo System Restore, or Computer Management for the driver of the adapter.
goto ask

:answer_7
echo Defender scan, with definitions that are not old. Afterwards SFC Scan.
goto ask

:answer_8
echo Disk Wipe overwrites a whole disk. For an SSD the maker's own secure erase is better.
goto ask
