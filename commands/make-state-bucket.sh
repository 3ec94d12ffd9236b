#!/usr/bin/env bash
# Makes what a team's state needs on AWS, once for each environment: a key that encrypts, and a bucket that keeps every version and
# takes nothing in clear. Environments that shared them could open each other's states.
#
#   commands/make-state-bucket.sh BUCKET REGION [KEY-ALIAS]      default alias: redoubt
#
# Uses the aws program and whatever credentials it finds. May be run again: what is there stays.
set -euo pipefail

die() { printf 'make-state-bucket.sh: %s\n' "$*" >&2; exit 1; }

(($# == 2 || $# == 3)) || die "usage: make-state-bucket.sh BUCKET REGION [KEY-ALIAS]"
bucket=$1 region=$2 alias=alias/${3:-redoubt}
command -v aws >/dev/null || die "the aws program is not installed"
# Version 1 of the program reads the second name only.
export AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER=''

if ! said=$(aws kms describe-key --key-id "$alias" 2>&1); then
  # Whoever may not ask would make a key each time, and not be able to name it.
  [[ $said == *NotFoundException* ]] || die "whether there is a key $alias is not known: $said"
  key=$(aws kms create-key --description "State of Redoubt stacks" --query KeyMetadata.KeyId --output text)
  aws kms enable-key-rotation --key-id "$key"
  aws kms create-alias --alias-name "$alias" --target-key-id "$key"
fi
# S3 looks an alias up in the account of who writes (AWS: Configuring default encryption), and an alias can be given to another key.
key_arn=$(aws kms describe-key --key-id "$alias" --query KeyMetadata.Arn --output text)

if ! aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then
  # The one region that is named by leaving it out.
  location=()
  [ "$region" = us-east-1 ] || location=(--create-bucket-configuration "LocationConstraint=$region")
  aws s3api create-bucket --bucket "$bucket" "${location[@]}" >/dev/null
fi
aws s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
  BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-versioning --bucket "$bucket" --versioning-configuration Status=Enabled
aws s3api put-bucket-encryption --bucket "$bucket" --server-side-encryption-configuration \
  "{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"aws:kms\",\"KMSMasterKeyID\":\"$key_arn\"},\"BucketKeyEnabled\":true}]}"
aws s3api put-bucket-policy --bucket "$bucket" --policy \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":[\"arn:aws:s3:::$bucket\",\"arn:aws:s3:::$bucket/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}}]}"

printf "npm run init -- --stack STACK --backend 's3://%s?region=%s' --secrets-provider 'awskms://%s?region=%s'\n" \
  "$bucket" "$region" "$alias" "$region"
