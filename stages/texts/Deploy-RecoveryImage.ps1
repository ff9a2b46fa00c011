<#
.SYNOPSIS
Puts the recovery image of this folder in the place of the one that Windows starts for recovery.

.DESCRIPTION
Without -Apply or -Rollback the script only reports: it changes nothing.

-Apply replaces Winre.wim in the partition that `reagentc /info` names. It makes copies of the
present Winre.wim and ReAgent.xml in System32\Recovery\Remedia, suspends BitLocker for one restart
if it protects Windows, calls `reagentc /disable`, puts the new image at System32\Recovery\Winre.wim,
calls `reagentc /enable`, and compares the SHA-256 of the file that is registered then. If a step
fails, the old image is put back by the same road, and the exit code says whether that worked.

-Rollback puts the kept image back by the same road.

The script makes and takes away no partition and cannot be told which disk to use. -AllowResize
with the serial number of the disk lets it extend the recovery partition into the space directly
behind it that belongs to no partition. It never makes the partition of Windows smaller. Where
there is no such space, it says how much is missing and stops.

Run it as SYSTEM or from an elevated prompt, under Windows PowerShell 5.1. boot.sdi in this folder
is for media made by hand: Windows registers its own.

The last line of the output is a JSON object with the result, for tools.

Exit codes:
  0  the right image is registered (before, or by this run)
  2  parameters that cannot be combined or used
  3  not elevated
  4  damaged package: a file beside this script is missing or is not the one it was made for
 10  report only: another image is registered; -Apply would replace it
 20  refused: on battery
 21  refused: BitLocker is at work on a volume, or its state cannot be read
 22  refused: dynamic disk, or one whose partitions cannot be listed
 23  refused: the image is for another architecture
 24  refused: the image has none of the languages of this Windows
 25  refused: the files of this Windows are of a newer build than the image
 26  refused: no recovery environment is registered (run `reagentc /enable` first)
 27  refused: it is registered on the partition of Windows itself
 28  refused: the registered partition cannot be read or is not a recovery partition
 29  refused: too little space in the recovery partition
 30  refused: too little space on the drive of Windows for the copies
 31  refused: -DiskSerial is not the serial of the disk with the recovery partition
 32  refused: the recovery partition cannot be extended far enough
 33  refused: an earlier run was interrupted; -Apply or -Rollback brings it to an end
 34  refused: there is no kept image for -Rollback
 35  refused: another run is at work
 36  refused: the registered image is newer than the one of this folder (updates service WinRE)
 40  failed before anything was unregistered; the registered image is as it was
 41  failed; the old image is registered again
 42  failed, and the old image could not be registered again: this PC needs a person
Codes 20 to 34 and 36 are also those of a report that finds these obstacles. Code 1 is PowerShell's own.

.PARAMETER Apply
Replace the registered image.
.PARAMETER Rollback
Put the kept image back.
.PARAMETER AllowResize
Let the recovery partition grow into free space directly behind it. Needs -DiskSerial.
.PARAMETER DiskSerial
The serial number of the disk that may be changed, as Get-Disk shows it.
.PARAMETER LogPath
A file, with its full path, to which the log is appended.
#>
#Requires -Version 5.1
[CmdletBinding()]
param(
    [switch]$Apply,
    [switch]$Rollback,
    [switch]$AllowResize,
    [string]$DiskSerial = '',
    [string]$LogPath = ''
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Image = [pscustomobject]@{
    Name             = @NAME@
    Title            = @TITLE@
    Arch             = @ARCH@
    Build            = @BUILD@
    Version          = @VERSION@
    Revision         = @REVISION@
    Built            = @BUILT@
    Languages        = @(@LANGUAGES@)
    WimSha256        = @WIM_SHA256@
    WimSize          = [int64]@WIM_SIZE@
    SdiSha256        = @SDI_SHA256@
    SdiSize          = [int64]@SDI_SIZE@
    PartitionSize    = [int64]@PARTITION_SIZE@
    BypassesBitLocker = @BYPASSES@
}
# What Windows needs free in the partition to service the image, and what reagentc itself asks for.
$ServicingHeadroom = [int64]262144000
$RegistrationHeadroom = [int64]67108864
# Left free on the drive of Windows.
$WindowsHeadroom = [int64]536870912

@FUNCTIONS@
$Recovery = "$env:windir\System32\Recovery"
$StagedWim = "$Recovery\Winre.wim"
$ReAgentXml = "$Recovery\ReAgent.xml"
# Only administrators can write below System32, so nobody else can plant an image to roll back to.
$Work = "$Recovery\Remedia"
$Lock = "$Work\lock"
$Pending = "$Work\pending.txt"
$NewWim = "$Work\new.wim"
$PresentWim = "$Work\present.wim"
$PresentXml = "$Work\present.xml"
$MovedBackWim = "$Work\moved-back.wim"
$KeptWim = "$Work\kept.wim"
$KeptXml = "$Work\kept.xml"
$KeptNote = "$Work\kept.txt"

# What becomes of this run; functions change its members.
$Run = @{ Code = 40; Detail = ''; Deployed = ''; Obstacles = @(); ResizeTo = [int64]0 }

function Write-Log {
    param([string]$Text)
    Write-Host $Text
    if ($LogPath -ne '') {
        # A full disk must not end a run half way: the log is worth less than the image.
        try {
            $stamp = (Get-Date).ToString('s')
            [System.IO.File]::AppendAllText($LogPath, "$stamp $Text`r`n")
        } catch {
            Write-Host "  (the log could not be written: $($_.Exception.Message))"
        }
    }
}

function Stop-Run {
    param([int]$Code, [string]$Message)
    $Run.Code = $Code
    throw $Message
}

function Add-Obstacle {
    param([int]$Code, [string]$Message)
    $Run.Obstacles += [pscustomobject]@{ Code = $Code; Message = $Message }
}

function Get-SizeText {
    param([int64]$Bytes)
    $whole = ($Bytes - ($Bytes % 1MB)) / 1MB
    return "$Bytes bytes ($whole MiB)"
}

function Assert-Parameters {
    if ($Apply -and $Rollback) { Stop-Run -Code 2 -Message '-Apply and -Rollback exclude each other.' }
    if ($AllowResize -and $DiskSerial -eq '') {
        Stop-Run -Code 2 -Message '-AllowResize needs -DiskSerial: the serial number of the disk, as Get-Disk shows it.'
    }
    if ($DiskSerial -ne '' -and -not $AllowResize) {
        Stop-Run -Code 2 -Message '-DiskSerial means nothing without -AllowResize.'
    }
    if ($AllowResize -and $Rollback) {
        Stop-Run -Code 2 -Message '-AllowResize means nothing with -Rollback.'
    }
    if ($DiskSerial -match '"' -or $DiskSerial -match '^-') {
        Stop-Run -Code 2 -Message '-DiskSerial is no serial number.'
    }
    if ($LogPath -ne '' -and $LogPath -notmatch '^([a-z]:\\|\\\\)[^"]*[^"\\]$') {
        $bad = $LogPath
        $script:LogPath = ''
        Stop-Run -Code 2 -Message "-LogPath needs the full path of a file, not: $bad"
    }
}

function Assert-Elevated {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
    if (-not $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
        Stop-Run -Code 3 -Message 'Run this as SYSTEM or from an elevated prompt: Windows tells others nothing about recovery.'
    }
    if (-not [System.IO.File]::Exists($Reagentc)) {
        throw "$Reagentc is missing."
    }
}

function Assert-PackageFile {
    param([string]$Name, [string]$Sha256)
    $path = "$PSScriptRoot\$Name"
    if (-not [System.IO.File]::Exists($path)) {
        Stop-Run -Code 4 -Message "$Name is missing beside this script."
    }
    $facts = Get-FileFacts -Path $path
    if ($facts.Sha256 -ne $Sha256) {
        Stop-Run -Code 4 -Message "$Name is damaged: its SHA-256 is $($facts.Sha256), not $Sha256. Distribute the package again."
    }
}

@CHECKS@
@SWITCH@
# What is to be registered: the image of this folder, or the kept one.
function Get-Target {
    if ($Rollback) {
        if (-not [System.IO.File]::Exists($KeptNote) -or -not [System.IO.File]::Exists($KeptWim)) {
            Stop-Run -Code 34 -Message 'No earlier run has kept an image on this PC.'
        }
        $note = Read-Note -Path $KeptNote
        $facts = Get-FileFacts -Path $KeptWim
        if ($facts.Sha256 -ne $note.Old) { Stop-Run -Code 34 -Message 'The kept image is damaged.' }
        return [pscustomobject]@{
            Mode = 'rollback'; Source = $KeptWim; Sha256 = $facts.Sha256; Size = $facts.Size
            Headroom = $RegistrationHeadroom
        }
    }
    Assert-PackageFile -Name 'winre.wim' -Sha256 $Image.WimSha256
    Assert-PackageFile -Name 'boot.sdi' -Sha256 $Image.SdiSha256
    return [pscustomobject]@{
        Mode = 'apply'; Source = "$PSScriptRoot\winre.wim"; Sha256 = $Image.WimSha256; Size = $Image.WimSize
        Headroom = $ServicingHeadroom
    }
}

function Invoke-Work {
    if ([System.IO.File]::Exists($Pending)) { Resume-Interrupted }
    $target = Get-Target
    $registration = Get-Registration
    if ($null -eq $registration) {
        Stop-Run -Code 26 -Message 'No recovery environment is registered, so no partition is named. Run `reagentc /enable` first.'
    }
    Write-Log "Registered: $($registration.Wim)"
    $old = Get-FileFacts -Path $registration.Wim
    $Run.Deployed = $old.Sha256
    Write-Log "Registered SHA-256: $($old.Sha256)"
    Write-Log "Expected SHA-256:   $($target.Sha256)"
    if ($old.Sha256 -eq $target.Sha256) {
        $Run.Code = 0
        $Run.Detail = 'The right image is registered already.'
        return
    }
    Test-Power
    Test-BitLocker
    if (-not $Rollback) {
        Test-Windows
        Test-Serviced -Registration $registration
    }
    Test-Disk -Registration $registration
    Test-Partition -Registration $registration -Old $old -Target $target
    foreach ($obstacle in $Run.Obstacles) { Write-Log "Obstacle: $($obstacle.Message)" }
    if ($Run.Obstacles.Count -gt 0) {
        $first = $Run.Obstacles[0]
        Stop-Run -Code $first.Code -Message $first.Message
    }
    if (-not ($Apply -or $Rollback)) {
        Stop-Run -Code 10 -Message 'Another image is registered. Nothing was changed: run -Apply to replace it.'
    }
    Invoke-Switch -Registration $registration -Old $old -Target $target
    $Run.Code = 0
    $Run.Detail = 'The right image is registered now.'
}

# Two runs at once would take each other's files; the lock falls with the process.
function Invoke-Locked {
    if (-not ($Apply -or $Rollback)) {
        Invoke-Work
        return
    }
    $null = [System.IO.Directory]::CreateDirectory($Work)
    $stream = $null
    try {
        $stream = [System.IO.File]::Open($Lock, 'OpenOrCreate', 'ReadWrite', 'None')
    } catch {
        Stop-Run -Code 35 -Message "Another run holds ${Lock}: $($_.Exception.Message)"
    }
    try {
        Invoke-Work
    } finally {
        $stream.Dispose()
    }
}

function Get-JsonString {
    param([string]$Text)
    $plain = $Text -replace '[\x00-\x1f]', ' '
    $plain = $plain.Replace('\', '\\').Replace('"', '\"')
    return '"' + $plain + '"'
}

# Recovery belongs to the native side of Windows: a 32-bit host starts the 64-bit one and ends.
function Invoke-NativeHost {
    $native = "$env:windir\SysNative\WindowsPowerShell\v1.0\powershell.exe"
    $arguments = @('-NoProfile', '-NonInteractive', '-File', $PSCommandPath)
    if ($Apply) { $arguments += '-Apply' }
    if ($Rollback) { $arguments += '-Rollback' }
    if ($AllowResize) { $arguments += '-AllowResize' }
    if ($DiskSerial -ne '') { $arguments += @('-DiskSerial', $DiskSerial) }
    if ($LogPath -ne '') { $arguments += @('-LogPath', $LogPath) }
    & $native $arguments
    exit $LASTEXITCODE
}

try {
    Assert-Parameters
    if ([System.Environment]::Is64BitOperatingSystem -and -not [System.Environment]::Is64BitProcess) {
        Invoke-NativeHost
    }
    Write-Log "$($Image.Title) ($($Image.Name)), revision $($Image.Revision), built $($Image.Built), build $($Image.Build), $($Image.Arch)"
    if ($Image.BypassesBitLocker) {
        Write-Log 'Note: this image opens its tools without asking for an account. Where BitLocker needs no PIN, whoever stands at the PC may reach its data with it.'
    }
    Assert-Elevated
    Invoke-Locked
} catch {
    $Run.Detail = $_.Exception.Message
}
Write-Log "$($Run.Detail) Exit code $($Run.Code)."
$json = '{"name":' + (Get-JsonString -Text $Image.Name)
$json += ',"revision":' + (Get-JsonString -Text $Image.Revision)
$json += ',"expected":' + (Get-JsonString -Text $Image.WimSha256)
$json += ',"registered":' + (Get-JsonString -Text $Run.Deployed)
$json += ',"code":' + $Run.Code
$json += ',"detail":' + (Get-JsonString -Text $Run.Detail) + '}'
Write-Host $json
exit $Run.Code
