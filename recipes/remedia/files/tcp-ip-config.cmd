@echo off
rem TCP/IP Config: shows adapters, and sets one to fixed addresses or back to DHCP (netsh).
rem It lasts until the PC restarts: Windows on the disk is not changed.
setlocal EnableExtensions DisableDelayedExpansion
title TCP/IP Config
setlocal EnableDelayedExpansion

:ask
echo.
netsh.exe interface ipv4 show interfaces
netsh.exe interface ipv4 show config
set "NUMBER="
set /p "NUMBER=Number (Idx) of the adapter to change, or Enter to end: "
if not defined NUMBER exit /b 0
set "ADAPTER="
for /l %%N in (1,1,255) do if "!NUMBER!"=="%%N" set "ADAPTER=%%N"
if not defined ADAPTER echo That is not a number of the list.
if not defined ADAPTER goto ask
set "ADDRESS="
set /p "ADDRESS=Address, such as 192.0.2.10, or Enter for DHCP: "
if not defined ADDRESS goto dhcp
set "MASK="
set /p "MASK=Subnet mask, such as 255.255.255.0: "
if not defined MASK echo Without a mask nothing is changed.
if not defined MASK goto ask
set "GATEWAY=none"
set /p "GATEWAY=Gateway, or Enter for none: "
set "DNS="
set /p "DNS=DNS server, or Enter to leave it: "
echo Adapter !ADAPTER!: !ADDRESS!, mask !MASK!, gateway !GATEWAY!, DNS !DNS!
set "ANSWER="
set /p "ANSWER=Y and Enter to set this: "
if /i not "!ANSWER!"=="Y" goto ask
netsh.exe interface ipv4 set address "name=!ADAPTER!" source=static "address=!ADDRESS!" "mask=!MASK!" "gateway=!GATEWAY!"
if errorlevel 1 goto failed
if not defined DNS goto done
netsh.exe interface ipv4 set dnsservers "name=!ADAPTER!" source=static "address=!DNS!" validate=no
if errorlevel 1 goto failed

:done
echo Adapter !ADAPTER! is set.
goto ask

:dhcp
netsh.exe interface ipv4 set address "name=!ADAPTER!" source=dhcp
netsh.exe interface ipv4 set dnsservers "name=!ADAPTER!" source=dhcp
echo Adapter !ADAPTER! asks the DHCP server.
goto ask

:failed
echo netsh refused that; what it says stands above.
goto ask
