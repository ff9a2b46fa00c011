@echo off
rem Hotfix Uninstall: removes one update of the chosen Windows, or updates that are half installed
rem (DISM). DISM works in a folder of that Windows, since X: is small.
setlocal EnableExtensions DisableDelayedExpansion
set "DRIVE=%~d1"
set "SCRATCH=%~1\Temp"
title Hotfix Uninstall
if not exist "%~1\" goto no_windows
setlocal EnableDelayedExpansion
echo Reading the list of updates; this takes a minute.
set "COUNT=0"
for /f "tokens=1,* delims=:" %%A in ('dism.exe /English /Image:%DRIVE%\ /Get-Packages') do call :keep "%%B"
echo.
if "!COUNT!"=="0" echo No update is listed that could be removed.
echo   P  take back updates that are half installed, for a Windows that restarts again and again
echo.
set "NUMBER="
set /p "NUMBER=Number of the update to remove, P, or Enter for none: "
if not defined NUMBER goto nothing
if /i "!NUMBER!"=="P" goto pending
set "CHOSEN="
for /l %%N in (1,1,%COUNT%) do if "!NUMBER!"=="%%N" set "CHOSEN=%%N"
if not defined CHOSEN goto no_number
set "NAME=!PACKAGE_%CHOSEN%!"
dism.exe /English /Image:!DRIVE!\ /Get-PackageInfo "/PackageName:!NAME!"
if errorlevel 1 goto failed
echo.
echo Some updates are permanent; DISM then refuses. Remove one at a time, newest first.
set "ANSWER="
set /p "ANSWER=Type  REMOVE !NUMBER!  to remove it: "
if not "!ANSWER!"=="REMOVE !NUMBER!" goto nothing
dism.exe /English /Image:!DRIVE!\ /Remove-Package "/PackageName:!NAME!" "/ScratchDir:!SCRATCH!"
if errorlevel 1 goto failed
goto done

:pending
set "ANSWER="
set /p "ANSWER=Type  REVERT  to take back all that is half installed: "
if not "!ANSWER!"=="REVERT" goto nothing
dism.exe /English /Image:!DRIVE!\ /Cleanup-Image /RevertPendingActions "/ScratchDir:!SCRATCH!"
if errorlevel 1 goto failed

:done
echo.
echo Done; Windows finishes it when it starts.
pause
exit /b 0

:no_number
echo That is not a number of the list.

:nothing
echo Nothing was changed.
pause
exit /b 0

:no_windows
echo No Windows is chosen, or it is not there any more: choose one in the menu.
pause
exit /b 1

:failed
echo DISM failed; what it says stands above, and more in X:\Windows\Logs\DISM\dism.log.
pause
exit /b 1

:keep
rem Of " Package_for_KB...": what is no update, such as features of Windows, is left out.
set "ENTRY=%~1"
if not "%ENTRY:~1,12%"=="Package_for_" exit /b 0
set /a COUNT+=1
set "PACKAGE_%COUNT%=%ENTRY:~1%"
echo   %COUNT%  %ENTRY:~1%
exit /b 0
