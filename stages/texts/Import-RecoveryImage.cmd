@echo off
rem Adds the boot images of this folder to the Windows Deployment Services of this server: for servers
rem without the PowerShell module of WDS. Where that is, use Import-RecoveryImage.ps1.
rem
rem   Import-RecoveryImage.cmd                     add each image beside those that are there
rem   Import-RecoveryImage.cmd /replace VERSION    replace the version VERSION of these images
rem
rem The name of an image on the server ends in its version, in parentheses. One that is there already
rem is left alone, and no image of another name is ever touched. The SHA-256 of every file is compared
rem before anything is added.
rem
rem Exit codes: 0 all images are there; 1 wrong parameters; 2 not elevated; 3 this server lacks WDS;
rem 4 a file is missing or damaged; 5 WDS refused, or has no such version to replace.
setlocal EnableExtensions DisableDelayedExpansion
set "HERE=%~dp0"
cd /d "%SystemRoot%\System32"
set "REMEDIA_OLD="
if "%~1"=="" goto :parameters_read
if /i not "%~1"=="/replace" goto :usage
if "%~2"=="" goto :usage
if not "%~3"=="" goto :usage
set "REMEDIA_OLD=%~2"
set REMEDIA_OLD| findstr.exe /r /x /c:"REMEDIA_OLD=[0-9A-Za-z._-][0-9A-Za-z._-]*" >nul
if not "%ERRORLEVEL%"=="0" goto :usage

:parameters_read
fltmc.exe >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto :not_elevated
if not exist wdsutil.exe goto :no_wds

@VERIFIES@
@IMPORTS@
exit /b 0

:verify
if not exist "%HERE%%FILE%" goto :missing
set "FOUND="
for /f "skip=1 delims=" %%H in ('certutil.exe -hashfile "%HERE%%FILE%" SHA256') do if not defined FOUND set "FOUND=%%H"
if not defined FOUND goto :damaged
rem Older versions of certutil write a space between bytes.
set "FOUND=%FOUND: =%"
if /i not "%FOUND%"=="%SHA256%" goto :damaged
exit /b 0

:missing
echo Missing: "%HERE%%FILE%"
exit /b 4

:damaged
echo Damaged: "%HERE%%FILE%"
echo Its SHA-256 is not %SHA256%
exit /b 4

:import
set "NEW=%NAME% (%VERSION%)"
wdsutil.exe /Get-Image /Image:"%NEW%" /ImageType:Boot /Architecture:%ARCH% >nul 2>&1
if "%ERRORLEVEL%"=="0" goto :there
if defined REMEDIA_OLD goto :replace
wdsutil.exe /Add-Image /ImageFile:"%HERE%%FILE%" /ImageType:Boot /Name:"%NEW%" /Description:"%DESCRIPTION%" /Filename:"%STORED%"
if not "%ERRORLEVEL%"=="0" goto :refused
echo Added: "%NEW%"
exit /b 0

:replace
wdsutil.exe /Get-Image /Image:"%NAME% (%REMEDIA_OLD%)" /ImageType:Boot /Architecture:%ARCH% >nul 2>&1
if not "%ERRORLEVEL%"=="0" goto :nothing_to_replace
wdsutil.exe /Replace-Image /Image:"%NAME% (%REMEDIA_OLD%)" /ImageType:Boot /Architecture:%ARCH% /ReplacementImage /ImageFile:"%HERE%%FILE%" /Name:"%NEW%" /Description:"%DESCRIPTION%"
if not "%ERRORLEVEL%"=="0" goto :refused
echo Replaced: "%NAME% (%REMEDIA_OLD%)" by "%NEW%"
exit /b 0

:there
echo There already: "%NEW%"
exit /b 0

:nothing_to_replace
echo This server has no boot image "%NAME% (%REMEDIA_OLD%)"
exit /b 5

:refused
echo WDS refused "%NEW%"; what it says is above.
exit /b 5

:not_elevated
echo Run this from an elevated prompt.
exit /b 2

:no_wds
echo This server has no wdsutil.exe: it lacks the role Windows Deployment Services.
exit /b 3

:usage
echo Usage: Import-RecoveryImage.cmd [/replace VERSION]
exit /b 1
