<#
.SYNOPSIS
Adds the boot images of this folder to the Windows Deployment Services of this server.

.DESCRIPTION
Each image is added under a name that ends in its version, beside all that is there: clients keep
what they can start until somebody takes it out of service. An image whose name is there already is
left alone, so the script can be run again.

-Replace removes, after all images were added, every other version of them. Those are the images of
the same architecture whose name is the name of the image and a version, 8 hexadecimal digits in
parentheses, and whose description ends in the mark of the artifact that this folder is, such as
"[remedia helpdesk]". No other image is ever touched, not even one of the same name from another
artifact.

The SHA-256 of every file is compared before anything is added. -WhatIf shows what would be done.

Exit codes: 0 all images are there; 2 not elevated; 3 this server lacks WDS or its PowerShell
module; 4 a file is missing or damaged; 5 WDS refused.

.PARAMETER Replace
Remove other versions of these images afterwards.
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [switch]$Replace
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$Images = @(
@IMAGES@
)

$Run = @{ Code = 5 }

function Stop-Run {
    param([int]$Code, [string]$Message)
    $Run.Code = $Code
    throw $Message
}

function Assert-Server {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName System.Security.Principal.WindowsPrincipal -ArgumentList $identity
    if (-not $principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
        Stop-Run -Code 2 -Message 'Run this from an elevated prompt.'
    }
    if ($null -eq (Get-Service -Name 'WDSServer' -ErrorAction SilentlyContinue)) {
        Stop-Run -Code 3 -Message 'This server does not have the role Windows Deployment Services.'
    }
    if ($null -eq (Get-Command -Name 'Import-WdsBootImage' -ErrorAction SilentlyContinue)) {
        Stop-Run -Code 3 -Message 'The PowerShell module of WDS is missing: add the feature WDS-AdminPack.'
    }
}

function Assert-Files {
    foreach ($image in $Images) {
        $path = "$PSScriptRoot\$($image.File)"
        if (-not [System.IO.File]::Exists($path)) { Stop-Run -Code 4 -Message "$path is missing." }
        $stream = [System.IO.File]::OpenRead($path)
        try {
            $hash = (Get-FileHash -InputStream $stream -Algorithm SHA256 -ErrorAction Stop).Hash
        } finally {
            $stream.Dispose()
        }
        if ($hash -ne $image.Sha256) {
            Stop-Run -Code 4 -Message "$path is damaged: its SHA-256 is $hash, not $($image.Sha256)."
        }
    }
}

# The images of one architecture. The cmdlets have no word for ARM64; there all are listed.
function Get-BootImages {
    param([string]$Architecture)
    if ($Architecture -eq '') { return @(Get-WdsBootImage -ErrorAction Stop) }
    return @(Get-WdsBootImage -Architecture $Architecture -ErrorAction Stop)
}

function Get-WdsArchitecture {
    param([string]$Arch)
    if ($Arch -eq 'amd64') { return 'X64' }
    if ($Arch -eq 'x86') { return 'X86' }
    return ''
}

function Add-Image {
    param($Image, [string]$NewName)
    $architecture = Get-WdsArchitecture -Arch $Image.Arch
    foreach ($other in @(Get-BootImages -Architecture $architecture)) {
        if ("$($other.ImageName)" -eq $NewName) {
            Write-Host "There already: $NewName"
            return
        }
    }
    $path = "$PSScriptRoot\$($Image.File)"
    if ($PSCmdlet.ShouldProcess($NewName, "Add $path")) {
        $null = Import-WdsBootImage -Path $path -NewImageName $NewName -NewDescription $Image.Description -NewFileName $Image.NewFile -ErrorAction Stop
        Write-Host "Added: $NewName"
    }
}

# Another version of $Image, from an earlier build of this artifact. $NewNames: what stays.
function Test-IsOtherVersion {
    param($Other, $Image, $NewNames)
    $name = "$($Other.ImageName)"
    if ($NewNames -contains $name) { return $false }
    if ($name -notmatch ('^' + [regex]::Escape($Image.Name) + ' \([0-9a-f]{8}\)$')) { return $false }
    return "$($Other.Description)" -match ([regex]::Escape($Image.Mark) + '$')
}

function Remove-OtherVersions {
    param($Image, $NewNames)
    $architecture = Get-WdsArchitecture -Arch $Image.Arch
    if ($architecture -eq '') {
        Write-Host "Other versions of $($Image.Name) stay: the WDS cmdlets cannot name $($Image.Arch)."
        return
    }
    foreach ($other in @(Get-BootImages -Architecture $architecture)) {
        $name = "$($other.ImageName)"
        if ((Test-IsOtherVersion -Other $other -Image $Image -NewNames $NewNames) -and $PSCmdlet.ShouldProcess($name, 'Remove')) {
            Remove-WdsBootImage -ImageName $name -Architecture $architecture -FileName $other.FileName -ErrorAction Stop
            Write-Host "Removed: $name"
        }
    }
}

try {
    Assert-Server
    Assert-Files
    $newNames = @()
    foreach ($image in $Images) {
        $newName = "$($image.Name) ($($image.Version))"
        Add-Image -Image $image -NewName $newName
        $newNames += $newName
    }
    if ($Replace) {
        foreach ($image in $Images) { Remove-OtherVersions -Image $image -NewNames $newNames }
    }
    $Run.Code = 0
} catch {
    Write-Host "Failed: $($_.Exception.Message)"
}
exit $Run.Code
