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
 22  refused: dynamic disk
 23  refused: the image is for another architecture
 24  refused: the image has none of the languages of this Windows
 25  refused: this Windows is of a newer build than the image
 26  refused: no recovery environment is registered (run `reagentc /enable` first)
 27  refused: it is registered on the partition of Windows itself
 28  refused: the registered partition cannot be read or is not a recovery partition
 29  refused: too little space in the recovery partition
 30  refused: too little space on the drive of Windows for the copies
 31  refused: -DiskSerial is not the serial of the disk with the recovery partition
 32  refused: the recovery partition cannot be extended far enough
 33  refused: an earlier run was interrupted; -Apply or -Rollback puts the old image back
 34  refused: there is no kept image for -Rollback
 35  refused: another run is at work
 40  failed before anything was unregistered; the registered image is as it was
 41  failed; the old image is registered again
 42  failed, and the old image could not be registered again: this PC needs a person
Codes 20 to 34 are also those of a report that finds these obstacles. Code 1 is PowerShell's own.

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

# The machine, as far as it says nothing about partitions.
function Test-Power {
    $weak = $false
    foreach ($battery in @(Get-CimInstance -ClassName Win32_Battery)) {
        # 1: discharging, 4: low, 5: critical. Without a battery there is nothing to look at.
        if (@(1, 4, 5) -contains [int]$battery.BatteryStatus) { $weak = $true }
    }
    if ($weak) { Add-Obstacle -Code 20 -Message 'This PC runs on battery. Connect it to power.' }
}

function Test-HasBitLocker {
    $command = Get-Command -Name 'Get-BitLockerVolume' -ErrorAction SilentlyContinue
    return ($null -ne $command)
}

function Test-BitLocker {
    if (-not (Test-HasBitLocker)) {
        if ([System.IO.File]::Exists("$env:windir\System32\manage-bde.exe")) {
            Add-Obstacle -Code 21 -Message 'This Windows has BitLocker, but not its PowerShell module, so its state cannot be read.'
        }
        return
    }
    foreach ($volume in @(Get-BitLockerVolume -ErrorAction Stop)) {
        $status = "$($volume.VolumeStatus)"
        if ($status -ne 'FullyEncrypted' -and $status -ne 'FullyDecrypted') {
            Add-Obstacle -Code 21 -Message "BitLocker is at work on $($volume.MountPoint): $status. Wait until it has finished."
        }
    }
}

function Test-Windows {
    $key = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
    $arch = (Get-ItemProperty -LiteralPath $key -Name 'PROCESSOR_ARCHITECTURE').PROCESSOR_ARCHITECTURE
    if ($arch -ne $Image.Arch) {
        Add-Obstacle -Code 23 -Message "This Windows is for $arch; the image is for $($Image.Arch)."
    }
    $languages = @((Get-CimInstance -ClassName Win32_OperatingSystem).MUILanguages)
    $common = $false
    foreach ($language in $languages) {
        if ($Image.Languages -contains $language) { $common = $true }
    }
    if ($Image.Languages.Count -eq 0) {
        Write-Log 'The image names no language: not compared.'
    } elseif (-not $common) {
        Add-Obstacle -Code 24 -Message "This Windows speaks $($languages -join ', '); the image speaks $($Image.Languages -join ', ')."
    }
    $key = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $build = [int](Get-ItemProperty -LiteralPath $key -Name 'CurrentBuildNumber').CurrentBuildNumber
    # Monthly updates raise the number behind the build in Windows and not in its recovery
    # environment, so only the build itself is compared.
    if ($Image.Build -match '^\d+\.\d+\.(\d+)') {
        if ($build -gt [int]$Matches[1]) {
            Add-Obstacle -Code 25 -Message "This Windows is build $build, newer than the image ($($Image.Build))."
        }
    } else {
        Write-Log 'The image names no build: not compared.'
    }
}

# Basic disks only: the Storage cmdlets do not understand dynamic ones. 66 and the two GUIDs are
# the types of the partitions in which the Logical Disk Manager keeps its data.
function Test-Disk {
    param($Registration)
    $dynamic = @('{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', '{af9b60a0-1431-4f62-bc68-3311714a69ad}')
    foreach ($partition in @(Get-Partition -DiskNumber $Registration.Disk -ErrorAction Stop)) {
        if (($dynamic -contains "$($partition.GptType)") -or ([int]$partition.MbrType -eq 66)) {
            Add-Obstacle -Code 22 -Message "Disk $($Registration.Disk) is a dynamic disk."
            return
        }
    }
}

function Test-Growth {
    param($Registration, $Facts, [int64]$Missing)
    $disk = Get-Disk -Number $Registration.Disk -ErrorAction Stop
    $serial = "$($disk.SerialNumber)".Trim()
    if ($serial -eq '' -or $serial -ne $DiskSerial.Trim()) {
        Add-Obstacle -Code 31 -Message "The recovery partition is on the disk with serial '$serial', not '$($DiskSerial.Trim())'."
        return
    }
    if ($Missing -le 0) { return }
    $more = $Missing + 1MB - 1
    $target = $Facts.Size + $more - ($more % 1MB)
    $supported = Get-PartitionSupportedSize -DiskNumber $Registration.Disk -PartitionNumber $Registration.Partition -ErrorAction Stop
    $limit = [int64]$supported.SizeMax
    if ($limit -lt $target) {
        Add-Obstacle -Code 32 -Message "The recovery partition would have to grow from $(Get-SizeText -Bytes $Facts.Size) to $(Get-SizeText -Bytes $target), but can grow to $(Get-SizeText -Bytes $limit) only. Lay the disk out again with a recovery partition of $(Get-SizeText -Bytes $Image.PartitionSize)."
        return
    }
    $Run.ResizeTo = $target
    Write-Log "The recovery partition can be extended to $(Get-SizeText -Bytes $target)."
}

function Test-Space {
    param($Registration, $Facts, $Old, $Target)
    # The old image leaves the partition before the new one comes.
    $need = $Target.Size + $Image.SdiSize + $Target.Headroom
    $room = $Facts.Free + $Old.Size
    Write-Log "Recovery partition: $(Get-SizeText -Bytes $Facts.Size), room for an image $(Get-SizeText -Bytes $room), needed $(Get-SizeText -Bytes $need)."
    if ($AllowResize) {
        Test-Growth -Registration $Registration -Facts $Facts -Missing ($need - $room)
    } elseif ($room -lt $need) {
        Add-Obstacle -Code 29 -Message "The recovery partition has room for $(Get-SizeText -Bytes $room), but $(Get-SizeText -Bytes $need) are needed: the image, boot.sdi and headroom. See -AllowResize."
    }
    # The new image, the copy of the old one, and the old one again when reagentc moves it back.
    $copies = $Target.Size + $Old.Size + $Old.Size + $WindowsHeadroom
    $letter = $env:SystemDrive.Substring(0, 1)
    $free = [int64](Get-Volume -DriveLetter $letter -ErrorAction Stop).SizeRemaining
    if ($free -lt $copies) {
        Add-Obstacle -Code 30 -Message "$env:SystemDrive has $(Get-SizeText -Bytes $free) free; the copies need $(Get-SizeText -Bytes $copies)."
    }
}

function Test-Partition {
    param($Registration, $Old, $Target)
    try {
        $facts = Get-PartitionFacts -Registration $Registration
    } catch {
        Add-Obstacle -Code 28 -Message "Partition $($Registration.Partition) of disk $($Registration.Disk) cannot be read: $($_.Exception.Message)"
        return
    }
    if ($facts.IsWindows) {
        Add-Obstacle -Code 27 -Message 'The recovery environment is on the partition of Windows itself: give the disk a recovery partition first.'
        return
    }
    if (-not $facts.IsRecovery) {
        Add-Obstacle -Code 28 -Message "Partition $($Registration.Partition) of disk $($Registration.Disk) is not of the type of recovery partitions."
        return
    }
    Test-Space -Registration $Registration -Facts $facts -Old $Old -Target $Target
}

# Only what this script itself has put into its own folder.
function Remove-Own {
    param([string]$Path)
    if (-not $Path.StartsWith("$Work\")) { throw "$Path is not a file of this script." }
    if ([System.IO.File]::Exists($Path)) { Remove-Item -LiteralPath $Path -Force }
}

function Move-Own {
    param([string]$From, [string]$To)
    if ([System.IO.File]::Exists($From)) {
        Remove-Own -Path $To
        [System.IO.File]::Move($From, $To)
    }
}

function Copy-Verified {
    param([string]$From, [string]$To, [string]$Sha256)
    Remove-Own -Path $To
    [System.IO.File]::Copy($From, $To)
    $facts = Get-FileFacts -Path $To
    if ($facts.Sha256 -ne $Sha256) { throw "The copy of $From has SHA-256 $($facts.Sha256), not $Sha256." }
}

function Write-Note {
    param([string]$Path, [string]$Mode, [string]$Old, [string]$New, $Registration)
    $text = "mode=$Mode`r`nold=$Old`r`nnew=$New`r`ndisk=$($Registration.Disk)`r`npartition=$($Registration.Partition)`r`n"
    [System.IO.File]::WriteAllText($Path, $text)
}

function Read-Note {
    param([string]$Path)
    $text = [System.IO.File]::ReadAllText($Path)
    if ($text -match '^mode=(apply|rollback)\s+old=([0-9a-f]{64})\s+new=([0-9a-f]{64})\s+disk=(\d+)\s+partition=(\d+)\s*$') {
        return [pscustomobject]@{
            Mode = $Matches[1]; Old = $Matches[2]; New = $Matches[3]
            Disk = [int]$Matches[4]; Partition = [int]$Matches[5]
        }
    }
    throw "$Path cannot be understood."
}

# The end of a run that succeeded. After -Apply the copy of the old image is kept; moving the note
# comes last and makes it valid. Done again after an interruption, it ends the same way.
function Complete-Run {
    param([string]$Mode)
    if ($Mode -eq 'apply') {
        Move-Own -From $PresentWim -To $KeptWim
        Move-Own -From $PresentXml -To $KeptXml
        Move-Own -From $Pending -To $KeptNote
    }
    Remove-Leftovers
}

function Remove-Leftovers {
    Remove-Own -Path $Pending
    Remove-Own -Path $PresentWim
    Remove-Own -Path $PresentXml
    Remove-Own -Path $NewWim
    Remove-Own -Path $MovedBackWim
}

function Suspend-Protection {
    if (-not (Test-HasBitLocker)) { return }
    foreach ($volume in @(Get-BitLockerVolume -ErrorAction Stop)) {
        if ($volume.MountPoint -eq $env:SystemDrive -and "$($volume.ProtectionStatus)" -eq 'On') {
            $null = Suspend-BitLocker -MountPoint $env:SystemDrive -RebootCount 1 -ErrorAction Stop
            Write-Log "BitLocker on $env:SystemDrive is suspended until the next restart, because the boot entry of the recovery environment changes."
        }
    }
}

function Confirm-Registered {
    param([string]$Sha256, $Place)
    $now = Get-Registration
    if ($null -eq $now) { throw 'After reagentc /enable nothing is registered.' }
    if ($now.Disk -ne $Place.Disk -or $now.Partition -ne $Place.Partition) {
        throw "reagentc registered partition $($now.Partition) of disk $($now.Disk), not partition $($Place.Partition) of disk $($Place.Disk)."
    }
    $facts = Get-FileFacts -Path $now.Wim
    $Run.Deployed = $facts.Sha256
    if ($facts.Sha256 -ne $Sha256) {
        throw "The registered file has SHA-256 $($facts.Sha256), not $Sha256."
    }
}

function Disable-Recovery {
    if ($null -eq (Get-Registration)) { return }
    $answer = Invoke-Reagentc -Verb '/disable'
    if ($answer.Code -ne 0) { throw "reagentc /disable failed with code $($answer.Code): $($answer.Text)" }
    if ($null -ne (Get-Registration)) { throw 'reagentc /disable reports success, but WinRE is still registered.' }
}

function Enable-Recovery {
    $answer = Invoke-Reagentc -Verb '/enable'
    if ($answer.Code -ne 0) { throw "reagentc /enable failed with code $($answer.Code): $($answer.Text)" }
}

# The sturdy road: what reagentc registers is what lies at $StagedWim when it is called. Both moves
# are renames on one volume, so no file is ever half there.
function Switch-Image {
    param([string]$Wim, [string]$Sha256, $Place)
    Disable-Recovery
    Move-Staged
    [System.IO.File]::Move($Wim, $StagedWim)
    Enable-Recovery
    Confirm-Registered -Sha256 $Sha256 -Place $Place
}

function Move-Staged {
    if ([System.IO.File]::Exists($StagedWim)) {
        Remove-Own -Path $MovedBackWim
        [System.IO.File]::Move($StagedWim, $MovedBackWim)
    }
}

# Puts the image of before back after a failure or an interruption. It throws if that fails too.
function Restore-Image {
    param($Note)
    $now = Get-Registration
    if ($null -ne $now -and $now.Disk -eq $Note.Disk -and $now.Partition -eq $Note.Partition) {
        $facts = Get-FileFacts -Path $now.Wim
        if ($facts.Sha256 -eq $Note.Old) {
            $Run.Deployed = $facts.Sha256
            return
        }
    }
    Disable-Recovery
    if ([System.IO.File]::Exists($PresentWim)) {
        Move-Staged
        [System.IO.File]::Move($PresentWim, $StagedWim)
    }
    if (-not [System.IO.File]::Exists($ReAgentXml) -and [System.IO.File]::Exists($PresentXml)) {
        [System.IO.File]::Copy($PresentXml, $ReAgentXml)
    }
    $answer = Invoke-Reagentc -Verb '/enable'
    if ($answer.Code -ne 0 -and [System.IO.File]::Exists($PresentXml)) {
        Write-Log "reagentc /enable failed with code $($answer.Code): once more with the kept ReAgent.xml."
        [System.IO.File]::WriteAllText($ReAgentXml, [System.IO.File]::ReadAllText($PresentXml))
        Enable-Recovery
    } elseif ($answer.Code -ne 0) {
        throw "reagentc /enable failed with code $($answer.Code): $($answer.Text)"
    }
    Confirm-Registered -Sha256 $Note.Old -Place $Note
}

function Undo-Run {
    param([string]$Why)
    Write-Log "Failed: $Why"
    Write-Log 'Putting the old image back.'
    $Run.Code = 42
    try {
        Restore-Image -Note (Read-Note -Path $Pending)
    } catch {
        throw "$Why The old image could not be put back: $($_.Exception.Message) It is kept below $Recovery."
    }
    $Run.Code = 41
    Remove-Leftovers
    throw "$Why The old image is registered again."
}

function Resize-Recovery {
    param($Registration, $Old, $Target)
    if ($Run.ResizeTo -eq 0) { return }
    Write-Log "Extending the recovery partition to $(Get-SizeText -Bytes $Run.ResizeTo)."
    Resize-Partition -DiskNumber $Registration.Disk -PartitionNumber $Registration.Partition -Size $Run.ResizeTo -ErrorAction Stop
    $facts = Get-PartitionFacts -Registration $Registration
    $need = $Target.Size + $Image.SdiSize + $Target.Headroom
    $room = $facts.Free + $Old.Size
    if ($room -lt $need) {
        Stop-Run -Code 32 -Message "The recovery partition was extended but has room for $(Get-SizeText -Bytes $room) only; $(Get-SizeText -Bytes $need) are needed."
    }
}

# Everything that can fail without harm comes before reagentc /disable.
function Invoke-Switch {
    param($Registration, $Old, $Target)
    Resize-Recovery -Registration $Registration -Old $Old -Target $Target
    Remove-Leftovers
    Copy-Verified -From $Target.Source -To $NewWim -Sha256 $Target.Sha256
    Copy-Verified -From $Registration.Wim -To $PresentWim -Sha256 $Old.Sha256
    if ([System.IO.File]::Exists($ReAgentXml)) { [System.IO.File]::Copy($ReAgentXml, $PresentXml) }
    Suspend-Protection
    Write-Note -Path $Pending -Mode $Target.Mode -Old $Old.Sha256 -New $Target.Sha256 -Registration $Registration
    try {
        Switch-Image -Wim $NewWim -Sha256 $Target.Sha256 -Place $Registration
    } catch {
        Undo-Run -Why $_.Exception.Message
    }
    # From here the image is in place; what is left over is tidied up by the next run at the latest.
    try {
        Complete-Run -Mode $Target.Mode
    } catch {
        Write-Log "Files in $Work could not be tidied up: $($_.Exception.Message)"
    }
}

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

# After a crash or a loss of power. What was registered just before is finished; all else is undone.
function Resume-Interrupted {
    if (-not ($Apply -or $Rollback)) {
        Stop-Run -Code 33 -Message 'An earlier run was interrupted. Run -Apply or -Rollback to put the old image back.'
    }
    $now = Get-Registration
    try {
        $note = Read-Note -Path $Pending
    } catch {
        if ($null -eq $now) { Stop-Run -Code 42 -Message "An earlier run was interrupted: nothing is registered, and its note is damaged. What it kept is below $Recovery." }
        Write-Log 'An earlier run was interrupted, but a recovery environment is registered.'
        Remove-Leftovers
        return
    }
    if ($null -ne $now -and $now.Disk -eq $note.Disk -and $now.Partition -eq $note.Partition) {
        $facts = Get-FileFacts -Path $now.Wim
        if ($facts.Sha256 -eq $note.New) {
            Write-Log 'An earlier run was interrupted after its last step: finishing it.'
            Complete-Run -Mode $note.Mode
            return
        }
    }
    Suspend-Protection
    Undo-Run -Why 'An earlier run was interrupted.'
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
    if (-not $Rollback) { Test-Windows }
    try {
        Test-Disk -Registration $registration
    } catch {
        Write-Log "The partitions of disk $($registration.Disk) cannot be listed: $($_.Exception.Message)"
    }
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
