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

# A note that cannot be read says nothing about the copy of the old image. Where another image is
# registered, the copy is the way back, so the note is written anew as of a run that reached its
# end; else nothing was replaced.
function Repair-Note {
    param($Now)
    Write-Log 'An earlier run was interrupted and its note is damaged, but a recovery environment is registered.'
    if ([System.IO.File]::Exists($PresentWim)) {
        $present = Get-FileFacts -Path $PresentWim
        $facts = Get-FileFacts -Path $Now.Wim
        if ($present.Sha256 -ne $facts.Sha256) {
            Write-Note -Path $Pending -Mode 'apply' -Old $present.Sha256 -New $facts.Sha256 -Registration $Now
            return
        }
    }
    Remove-Leftovers
}

# Somebody else has registered an image since the interruption: it stays, and so does a way back.
# After -Apply that is the copy of the old image, whose note is kept with it; an interrupted
# -Rollback has left the kept image alone.
function Complete-Overtaken {
    param($Note)
    Write-Log 'An earlier run was interrupted, and another image has been registered since: it stays.'
    if ($Note.Mode -eq 'apply') {
        Move-Own -From $PresentWim -To $KeptWim
        Move-Own -From $PresentXml -To $KeptXml
        if ([System.IO.File]::Exists($KeptWim) -and (Get-FileFacts -Path $KeptWim).Sha256 -eq $Note.Old) {
            Move-Own -From $Pending -To $KeptNote
        }
    }
    Remove-Leftovers
}

# After a crash or a loss of power. What was registered just before is finished; what somebody else
# has registered since is left; all else is undone.
function Resume-Interrupted {
    if (-not ($Apply -or $Rollback)) {
        Stop-Run -Code 33 -Message 'An earlier run was interrupted. Run -Apply or -Rollback to bring it to an end.'
    }
    $now = Get-Registration
    try {
        $note = Read-Note -Path $Pending
    } catch {
        if ($null -eq $now) { Stop-Run -Code 42 -Message "An earlier run was interrupted: nothing is registered, and its note is damaged. What it kept is below $Recovery." }
        Repair-Note -Now $now
        if (-not [System.IO.File]::Exists($Pending)) { return }
        $note = Read-Note -Path $Pending
    }
    if ($null -ne $now) {
        $facts = Get-FileFacts -Path $now.Wim
        $same = ($now.Disk -eq $note.Disk) -and ($now.Partition -eq $note.Partition)
        if ($same -and $facts.Sha256 -eq $note.New) {
            Write-Log 'An earlier run was interrupted after its last step: finishing it.'
            Complete-Run -Mode $note.Mode
            return
        }
        if ($facts.Sha256 -ne $note.New -and $facts.Sha256 -ne $note.Old) {
            Complete-Overtaken -Note $note
            return
        }
    }
    Suspend-Protection
    Undo-Run -Why 'An earlier run was interrupted.'
}
