function Invoke-Reagentc {
    param([string]$Verb)
    # Windows PowerShell makes errors of what a program writes to stderr; 'Stop' would throw them.
    $ErrorActionPreference = 'Continue'
    $output = & $Reagentc $Verb 2>&1
    $code = $LASTEXITCODE
    $text = ''
    $lines = @()
    foreach ($line in @($output)) {
        $lines += "$line"
        $text += "$line".Trim() + ' '
    }
    return [pscustomobject]@{ Code = $code; Lines = $lines; Text = $text.Trim() }
}

# What Windows has registered, or $null. The labels of `reagentc /info` are in the language of
# Windows, so only what is the same in all of them is read: the device path and the BCD identifier.
function Get-Registration {
    $answer = Invoke-Reagentc -Verb '/info'
    if ($answer.Code -ne 0) {
        throw "reagentc /info failed with code $($answer.Code): $($answer.Text)"
    }
    $place = $null
    $identified = $false
    foreach ($line in $answer.Lines) {
        if ($null -eq $place -and $line -match $RegisteredFolder) {
            $place = [pscustomobject]@{
                Wim       = $Matches[1] + '\Winre.wim'
                Disk      = [int]$Matches[2]
                Partition = [int]$Matches[3]
            }
        }
        if ($line -match $BcdIdentifier -and $Matches[0] -ne $NoIdentifier) {
            $identified = $true
        }
    }
    if (-not $identified) { return $null }
    return $place
}

# Size and SHA-256 of a file. .NET opens what reagentc names (\\?\GLOBALROOT\...); the cmdlets that
# take a path do not.
function Get-FileFacts {
    param([string]$Path)
    $stream = [System.IO.File]::OpenRead($Path)
    try {
        $hash = Get-FileHash -InputStream $stream -Algorithm SHA256 -ErrorAction Stop
        return [pscustomobject]@{ Sha256 = $hash.Hash.ToLowerInvariant(); Size = [int64]$stream.Length }
    } finally {
        $stream.Dispose()
    }
}

# The partition behind a registration. Its numbers come from Windows, never from a parameter.
function Get-PartitionFacts {
    param($Registration)
    $partition = Get-Partition -DiskNumber $Registration.Disk -PartitionNumber $Registration.Partition -ErrorAction Stop
    $letter = $env:SystemDrive.Substring(0, 1)
    $windows = Get-Partition -DriveLetter $letter -ErrorAction Stop
    $volume = Get-Volume -Partition $partition -ErrorAction Stop
    $recovery = ("$($partition.GptType)" -eq $RecoveryGptType) -or ([int]$partition.MbrType -eq $RecoveryMbrType)
    $same = ($windows.DiskNumber -eq $Registration.Disk) -and ($windows.PartitionNumber -eq $Registration.Partition)
    return [pscustomobject]@{
        Size       = [int64]$partition.Size
        Free       = [int64]$volume.SizeRemaining
        IsRecovery = $recovery
        IsWindows  = $same
    }
}

$Reagentc = "$env:windir\System32\reagentc.exe"
$RegisteredFolder = '(\\\\\?\\GLOBALROOT\\device\\harddisk(\d+)\\partition(\d+)\\Recovery\\WindowsRE)\s*$'
$BcdIdentifier = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
$NoIdentifier = '00000000-0000-0000-0000-000000000000'
$RecoveryGptType = '{de94bba4-06d1-4d40-a16a-bfd50179d6ac}'
$RecoveryMbrType = 39

# "10.0.26100.1742" as one number, so that a higher version is a higher number; $null for what is
# no such version.
function Get-VersionRank {
    param([string]$Version)
    if ($Version -match '^(\d{1,3})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})$') {
        $high = [int64]$Matches[1] * 100000 + [int64]$Matches[2]
        $low = [int64]$Matches[3] * 100000 + [int64]$Matches[4]
        return $high * 10000000000 + $low
    }
    return $null
}

# What a WIM says of itself. Updates that service WinRE in place raise it.
function Get-ImageVersion {
    param([string]$Wim)
    try {
        return "$((Get-WindowsImage -ImagePath $Wim -Index 1 -ErrorAction Stop).Version)"
    } catch {
        return 'unknown'
    }
}

# Whether $Left is a higher version than $Right. What is no version is not compared.
function Test-IsNewer {
    param([string]$Left, [string]$Right)
    $first = Get-VersionRank -Version $Left
    $second = Get-VersionRank -Version $Right
    if ($null -eq $first -or $null -eq $second) { return $false }
    return $first -gt $second
}
