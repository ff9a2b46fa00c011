<#
.SYNOPSIS
Says whether the recovery image that this PC would start is the expected one. Changes nothing.

.DESCRIPTION
Prints one line: what is registered, what is expected, and whether the expected image fits the
recovery partition. Runs as SYSTEM under Windows PowerShell 5.1 and needs no other file.

Exit codes:
  0  the expected image is registered, the line begins with "Compliant"; or a newer one, which an
     update has serviced: the line begins with "Compliant: newer"
  1  it is not, or this cannot be told; the line begins with "Not compliant"

Intune: use it as the detection script of a remediation or of a Win32 app. Configuration Manager:
use it as the script of a configuration item whose rule is that the value begins with "Compliant".
(The detection method of a ConfigMgr application takes exit code 1 for a failed script.)
#>
#Requires -Version 5.1
[CmdletBinding()]
param()

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Image = [pscustomobject]@{
    Name      = @NAME@
    Build     = @BUILD@
    Version   = @VERSION@
    Revision  = @REVISION@
    WimSha256 = @WIM_SHA256@
    WimSize   = [int64]@WIM_SIZE@
    SdiSize   = [int64]@SDI_SIZE@
}
$ServicingHeadroom = [int64]262144000

@FUNCTIONS@
function Get-Fit {
    param($Registration, [int64]$OldSize)
    $facts = Get-PartitionFacts -Registration $Registration
    $need = $Image.WimSize + $Image.SdiSize + $ServicingHeadroom
    $room = $facts.Free + $OldSize
    if ($facts.IsWindows) { return 'on the partition of Windows itself' }
    if ($room -lt $need) { return "partition too small: room for $room bytes, $need needed" }
    return "partition fits: room for $room bytes, $need needed"
}

# The line about this PC, without its first word.
function Get-State {
    $expected = "expected build $($Image.Build), $($Image.Name) revision $($Image.Revision), SHA-256 $($Image.WimSha256)"
    $registration = Get-Registration
    if ($null -eq $registration) {
        return [pscustomobject]@{ Right = $false; Text = "nothing is registered; $expected" }
    }
    $facts = Get-FileFacts -Path $registration.Wim
    $right = $facts.Sha256 -eq $Image.WimSha256
    $build = $Image.Build
    $newer = ''
    if (-not $right) {
        $build = Get-ImageVersion -Wim $registration.Wim
        # An update has serviced it: replacing it would take that back, and Deploy-RecoveryImage.ps1
        # refuses to.
        $right = Test-IsNewer -Left $build -Right $Image.Version
        if ($right) { $newer = 'newer; ' }
    }
    try {
        $fit = Get-Fit -Registration $registration -OldSize $facts.Size
    } catch {
        $fit = "partition cannot be read: $($_.Exception.Message)"
    }
    return [pscustomobject]@{
        Right = $right
        Text  = "${newer}deployed build $build, SHA-256 $($facts.Sha256); $expected; $fit"
    }
}

# Intune starts detection scripts in a 32-bit host unless told otherwise; reagentc is not there.
if ([System.Environment]::Is64BitOperatingSystem -and -not [System.Environment]::Is64BitProcess) {
    $native = "$env:windir\SysNative\WindowsPowerShell\v1.0\powershell.exe"
    & $native -NoProfile -NonInteractive -File $PSCommandPath
    exit $LASTEXITCODE
}

try {
    if (-not [System.IO.File]::Exists($Reagentc)) { throw "$Reagentc is missing." }
    $state = Get-State
} catch {
    $state = [pscustomobject]@{ Right = $false; Text = "this PC could not be read: $($_.Exception.Message)" }
}
$line = $state.Text -replace '[\x00-\x1f]', ' '
if ($state.Right) {
    Write-Output "Compliant: $line"
    exit 0
}
Write-Output "Not compliant: $line"
exit 1
