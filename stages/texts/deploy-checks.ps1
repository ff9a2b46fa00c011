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
    Test-Build
}

# The kernels are compared: enablement packages (22H2, 23H2, 25H2) raise the build that the registry
# names and leave the files of Windows at that of the release before, as the recovery environment
# of their medium has them. Only the numbers of the file are right, its text may be of a template.
function Test-Build {
    # Monthly updates raise the last number in Windows and not in its recovery environment.
    if ($Image.Build -match '^(\d+\.\d+\.\d+)') {
        $built = $Matches[1]
        $kernel = [System.Diagnostics.FileVersionInfo]::GetVersionInfo("$env:windir\System32\ntoskrnl.exe")
        $windows = "$($kernel.FileMajorPart).$($kernel.FileMinorPart).$($kernel.FileBuildPart)"
        if (Test-IsNewer -Left "$windows.0" -Right "$built.0") {
            Add-Obstacle -Code 25 -Message "The files of this Windows are of build $windows, newer than the image ($($Image.Build))."
        }
    } else {
        Write-Log 'The image names no build: not compared.'
    }
}

# -Rollback does not ask: the kept image is the older one.
function Test-Serviced {
    param($Registration)
    $version = Get-ImageVersion -Wim $Registration.Wim
    Write-Log "Registered version: $version"
    if ($null -eq (Get-VersionRank -Version $version) -or $Image.Version -eq '') {
        Write-Log 'The versions of the registered image and of this one are not both known: not compared.'
    }
    if (Test-IsNewer -Left $version -Right $Image.Version) {
        Add-Obstacle -Code 36 -Message "The registered image ($version) is newer than the image of this folder ($($Image.Version)): an update has serviced it. Build the image anew from a newer source."
    }
}

# Basic disks only: the Storage cmdlets do not understand dynamic ones. 66 and the two GUIDs are
# the types of the partitions in which the Logical Disk Manager keeps its data.
function Test-Disk {
    param($Registration)
    $dynamic = @('{5808c8aa-7e8f-42e0-85d2-e1e90434cfb3}', '{af9b60a0-1431-4f62-bc68-3311714a69ad}')
    try {
        $partitions = @(Get-Partition -DiskNumber $Registration.Disk -ErrorAction Stop)
    } catch {
        Add-Obstacle -Code 22 -Message "The partitions of disk $($Registration.Disk) cannot be listed, so it may be a dynamic disk: $($_.Exception.Message)"
        return
    }
    foreach ($partition in $partitions) {
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
